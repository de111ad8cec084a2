//! Freeze windows as instants: every edge case of clocks and calendars has a test whose name says what holds.

use relsign::model::freeze::{Freeze, Source, Span, free_from};
use relsign::model::policy::FreezeWindow;
use relsign::model::time::Timestamp;

use crate::cast::{POLICY, version};

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Reads a window as a policy says it.
pub(crate) fn window(zone: &str, span: &str) -> FreezeWindow {
    let policy = format!("{POLICY}\n[[freeze]]\nname = \"w\"\nrefs = [\"refs/heads/main\"]\nzone = \"{zone}\"\n{span}\n");
    version(1, &policy).policy.contents().freezes[0].clone()
}

/// Gives the first times that a window holds, of those that have not ended at `after`, as `from/until`.
fn times(zone: &str, span: &str, after: &str, most: usize) -> Vec<String> {
    let times = window(zone, span).occurrences(at(after)).unwrap().take(most);
    times.map(|time| format!("{}/{}", time.from, time.until)).collect()
}

/// Says whether a window holds at an instant.
pub(crate) fn holds(window: &FreezeWindow, instant: Timestamp) -> bool {
    window.occurrences(instant).unwrap().next().is_some_and(|time| time.from <= instant && instant < time.until)
}

/// Each case: the zone, the window as the policy says it, from when on it is asked about, and the times that it then holds.
macro_rules! windows {
    ($($name:ident: $zone:literal, $span:literal, $after:literal => [$($time:literal),* $(,)?];)*) => {$(
        #[test]
        fn $name() {
            let expected: &[&str] = &[$($time),*];
            assert_eq!(times($zone, $span, $after, expected.len()), expected);
        }
    )*};
}

const ONCE: &str = "once = { from = 2026-12-24T18:00:00, to = 2026-12-27T06:00:00 }";

#[test]
fn a_window_holds_at_the_instant_it_begins() {
    assert!(holds(&window("UTC", ONCE), at("2026-12-24T18:00:00Z")));
}

#[test]
fn a_window_does_not_hold_a_second_before_it_begins() {
    assert!(!holds(&window("UTC", ONCE), at("2026-12-24T17:59:59Z")));
}

#[test]
fn a_window_holds_a_second_before_it_ends() {
    assert!(holds(&window("UTC", ONCE), at("2026-12-27T05:59:59Z")));
}

#[test]
fn a_window_does_not_hold_at_the_instant_it_ends() {
    assert!(!holds(&window("UTC", ONCE), at("2026-12-27T06:00:00Z")));
    assert_eq!(times("UTC", ONCE, "2026-12-27T06:00:00Z", 5), Vec::<String>::new());
}

#[test]
fn a_window_of_once_comes_once() {
    assert_eq!(times("UTC", ONCE, "0001-01-01T00:00:00Z", 5).len(), 1);
}

windows! {
    // Gaps: the clock jumps over an edge. Europe/Berlin, 29 March 2026, from 02:00 to 03:00.
    berlin_a_beginning_in_a_gap_comes_earlier:
        "Europe/Berlin", "once = { from = 2026-03-29T02:30:00, to = 2026-03-30T00:00:00 }", "2026-01-01T00:00:00Z"
        => ["2026-03-29T00:30:00Z/2026-03-29T22:00:00Z"];
    berlin_an_end_in_a_gap_comes_later:
        "Europe/Berlin", "once = { from = 2026-03-28T12:00:00, to = 2026-03-29T02:30:00 }", "2026-01-01T00:00:00Z"
        => ["2026-03-28T11:00:00Z/2026-03-29T01:30:00Z"];
    berlin_a_window_inside_a_gap_is_not_lost:
        "Europe/Berlin", "once = { from = 2026-03-29T02:10:00, to = 2026-03-29T02:50:00 }", "2026-01-01T00:00:00Z"
        => ["2026-03-29T00:10:00Z/2026-03-29T01:50:00Z"];
    berlin_the_edges_of_a_gap_are_its_beginning_earlier_and_its_end_as_it_is:
        "Europe/Berlin", "once = { from = 2026-03-29T02:00:00, to = 2026-03-29T03:00:00 }", "2026-01-01T00:00:00Z"
        => ["2026-03-29T00:00:00Z/2026-03-29T01:00:00Z"];
    // Folds: an hour comes twice. Europe/Berlin, 25 October 2026, from 02:00 to 03:00.
    berlin_a_beginning_in_a_fold_is_the_first_of_the_two:
        "Europe/Berlin", "once = { from = 2026-10-25T02:30:00, to = 2026-10-26T00:00:00 }", "2026-01-01T00:00:00Z"
        => ["2026-10-25T00:30:00Z/2026-10-25T23:00:00Z"];
    berlin_an_end_in_a_fold_is_the_second_of_the_two:
        "Europe/Berlin", "once = { from = 2026-10-24T12:00:00, to = 2026-10-25T02:30:00 }", "2026-01-01T00:00:00Z"
        => ["2026-10-24T10:00:00Z/2026-10-25T01:30:00Z"];
    berlin_a_window_inside_a_fold_covers_both_passes:
        "Europe/Berlin", "once = { from = 2026-10-25T02:10:00, to = 2026-10-25T02:50:00 }", "2026-01-01T00:00:00Z"
        => ["2026-10-25T00:10:00Z/2026-10-25T01:50:00Z"];
    berlin_a_night_over_a_fold_is_an_hour_longer:
        "Europe/Berlin", "once = { from = 2026-10-25T00:00:00, to = 2026-10-25T06:00:00 }", "2026-01-01T00:00:00Z"
        => ["2026-10-24T22:00:00Z/2026-10-25T05:00:00Z"];
    // America/New_York: 8 March 2026 from 02:00 to 03:00, and 1 November 2026 from 01:00 to 02:00 twice.
    new_york_a_beginning_in_a_gap_comes_earlier:
        "America/New_York", "once = { from = 2026-03-08T02:30:00, to = 2026-03-08T12:00:00 }", "2026-01-01T00:00:00Z"
        => ["2026-03-08T06:30:00Z/2026-03-08T16:00:00Z"];
    new_york_an_end_in_a_gap_comes_later:
        "America/New_York", "once = { from = 2026-03-08T00:00:00, to = 2026-03-08T02:30:00 }", "2026-01-01T00:00:00Z"
        => ["2026-03-08T05:00:00Z/2026-03-08T07:30:00Z"];
    new_york_a_beginning_in_a_fold_is_the_first_of_the_two:
        "America/New_York", "once = { from = 2026-11-01T01:30:00, to = 2026-11-01T12:00:00 }", "2026-01-01T00:00:00Z"
        => ["2026-11-01T05:30:00Z/2026-11-01T17:00:00Z"];
    new_york_an_end_in_a_fold_is_the_second_of_the_two:
        "America/New_York", "once = { from = 2026-11-01T00:00:00, to = 2026-11-01T01:30:00 }", "2026-01-01T00:00:00Z"
        => ["2026-11-01T04:00:00Z/2026-11-01T06:30:00Z"];
    // Australia/Lord_Howe moves by half an hour: 4 October 2026 at 02:00 on, 5 April 2026 at 02:00 back.
    lord_howe_a_beginning_in_a_gap_of_half_an_hour_comes_earlier_by_that:
        "Australia/Lord_Howe", "once = { from = 2026-10-04T02:15:00, to = 2026-10-04T12:00:00 }", "2026-01-01T00:00:00Z"
        => ["2026-10-03T15:15:00Z/2026-10-04T01:00:00Z"];
    lord_howe_an_end_in_a_gap_of_half_an_hour_comes_later_by_that:
        "Australia/Lord_Howe", "once = { from = 2026-10-04T00:00:00, to = 2026-10-04T02:15:00 }", "2026-01-01T00:00:00Z"
        => ["2026-10-03T13:30:00Z/2026-10-03T15:45:00Z"];
    lord_howe_a_beginning_in_a_fold_of_half_an_hour_is_the_first_of_the_two:
        "Australia/Lord_Howe", "once = { from = 2026-04-05T01:45:00, to = 2026-04-05T12:00:00 }", "2026-01-01T00:00:00Z"
        => ["2026-04-04T14:45:00Z/2026-04-05T01:30:00Z"];
    lord_howe_an_end_in_a_fold_of_half_an_hour_is_the_second_of_the_two:
        "Australia/Lord_Howe", "once = { from = 2026-04-05T00:00:00, to = 2026-04-05T01:45:00 }", "2026-01-01T00:00:00Z"
        => ["2026-04-04T13:00:00Z/2026-04-04T15:15:00Z"];
    // Pacific/Apia had no 30 December 2011, which would have been a Friday.
    apia_a_beginning_on_the_day_that_was_skipped_comes_a_day_earlier:
        "Pacific/Apia", "once = { from = 2011-12-30T12:00:00, to = 2012-01-02T00:00:00 }", "2011-01-01T00:00:00Z"
        => ["2011-12-29T22:00:00Z/2012-01-01T10:00:00Z"];
    apia_an_end_on_the_day_that_was_skipped_comes_a_day_later:
        "Pacific/Apia", "once = { from = 2011-12-28T00:00:00, to = 2011-12-30T12:00:00 }", "2011-01-01T00:00:00Z"
        => ["2011-12-28T10:00:00Z/2011-12-30T22:00:00Z"];
    apia_a_weekly_window_on_the_day_that_was_skipped_is_not_lost:
        "Pacific/Apia", "weekly = { from = \"fri 00:00\", to = \"sat 00:00\" }", "2011-12-24T12:00:00Z"
        => ["2011-12-29T10:00:00Z/2011-12-30T10:00:00Z", "2012-01-05T10:00:00Z/2012-01-06T10:00:00Z"];

    // Weeks.
    a_weekend_reaches_over_the_end_of_the_week:
        "UTC", "weekly = { from = \"fri 16:00\", to = \"mon 06:00\" }", "2026-11-21T09:30:00Z"
        => ["2026-11-20T16:00:00Z/2026-11-23T06:00:00Z", "2026-11-27T16:00:00Z/2026-11-30T06:00:00Z"];
    on_monday_morning_the_weekend_of_the_week_before_still_holds:
        "UTC", "weekly = { from = \"fri 16:00\", to = \"mon 06:00\" }", "2026-11-23T05:59:59Z"
        => ["2026-11-20T16:00:00Z/2026-11-23T06:00:00Z"];
    when_a_weekend_has_ended_the_next_one_comes:
        "UTC", "weekly = { from = \"fri 16:00\", to = \"mon 06:00\" }", "2026-11-23T06:00:00Z"
        => ["2026-11-27T16:00:00Z/2026-11-30T06:00:00Z"];
    a_window_within_one_day_of_the_week_comes_every_week:
        "UTC", "weekly = { from = \"wed 09:00\", to = \"wed 17:00\" }", "2026-11-25T16:59:59Z"
        => ["2026-11-25T09:00:00Z/2026-11-25T17:00:00Z", "2026-12-02T09:00:00Z/2026-12-02T17:00:00Z"];
    an_end_before_the_beginning_on_the_same_day_is_in_the_week_after:
        "UTC", "weekly = { from = \"wed 17:00\", to = \"wed 09:00\" }", "2026-11-25T08:59:59Z"
        => ["2026-11-18T17:00:00Z/2026-11-25T09:00:00Z", "2026-11-25T17:00:00Z/2026-12-02T09:00:00Z"];
    a_week_reaches_over_the_end_of_the_year:
        "UTC", "weekly = { from = \"thu 12:00\", to = \"sat 12:00\" }", "2026-12-31T23:59:59Z"
        => ["2026-12-31T12:00:00Z/2027-01-02T12:00:00Z", "2027-01-07T12:00:00Z/2027-01-09T12:00:00Z"];
    the_same_time_on_the_wall_is_another_instant_in_summer:
        "Europe/Berlin", "weekly = { from = \"fri 16:00\", to = \"mon 06:00\" }", "2026-03-21T00:00:00Z"
        => ["2026-03-20T15:00:00Z/2026-03-23T05:00:00Z", "2026-03-27T15:00:00Z/2026-03-30T04:00:00Z",
            "2026-04-03T14:00:00Z/2026-04-06T04:00:00Z"];
    a_weekly_beginning_in_a_gap_comes_earlier_in_that_week_only:
        "Europe/Berlin", "weekly = { from = \"sun 02:30\", to = \"sun 12:00\" }", "2026-03-21T00:00:00Z"
        => ["2026-03-22T01:30:00Z/2026-03-22T11:00:00Z", "2026-03-29T00:30:00Z/2026-03-29T10:00:00Z",
            "2026-04-05T00:30:00Z/2026-04-05T10:00:00Z"];
    a_weekly_end_in_a_fold_comes_later_in_that_week_only:
        "America/New_York", "weekly = { from = \"sat 00:00\", to = \"sun 01:30\" }", "2026-10-25T00:00:00Z"
        => ["2026-10-24T04:00:00Z/2026-10-25T05:30:00Z", "2026-10-31T04:00:00Z/2026-11-01T06:30:00Z",
            "2026-11-07T05:00:00Z/2026-11-08T06:30:00Z"];
    far_west_it_is_still_friday_when_utc_has_saturday:
        "Pacific/Pago_Pago", "weekly = { from = \"fri 20:00\", to = \"fri 23:00\" }", "2026-11-21T08:00:00Z"
        => ["2026-11-21T07:00:00Z/2026-11-21T10:00:00Z"];
    far_east_it_is_monday_already_when_utc_has_sunday:
        "Pacific/Kiritimati", "weekly = { from = \"mon 01:00\", to = \"mon 03:00\" }", "2026-11-22T12:00:00Z"
        => ["2026-11-22T11:00:00Z/2026-11-22T13:00:00Z"];

    // Years.
    a_year_end_reaches_into_the_next_year:
        "Europe/Berlin", "yearly = { from = \"12-20 18:00\", to = \"01-04 08:00\" }", "2026-11-21T09:30:00Z"
        => ["2026-12-20T17:00:00Z/2027-01-04T07:00:00Z", "2027-12-20T17:00:00Z/2028-01-04T07:00:00Z"];
    in_january_the_freeze_of_the_year_before_still_holds:
        "Europe/Berlin", "yearly = { from = \"12-20 18:00\", to = \"01-04 08:00\" }", "2027-01-04T06:59:59Z"
        => ["2026-12-20T17:00:00Z/2027-01-04T07:00:00Z"];
    when_the_year_end_is_over_the_next_is_a_year_away:
        "Europe/Berlin", "yearly = { from = \"12-20 18:00\", to = \"01-04 08:00\" }", "2027-01-04T07:00:00Z"
        => ["2027-12-20T17:00:00Z/2028-01-04T07:00:00Z"];
    new_year_belongs_to_the_year_of_the_zone:
        "Pacific/Auckland", "yearly = { from = \"01-01 00:00\", to = \"01-02 00:00\" }", "2026-12-31T10:59:59Z"
        => ["2026-12-31T11:00:00Z/2027-01-01T11:00:00Z"];
    a_summer_freeze_within_one_year_comes_every_year:
        "UTC", "yearly = { from = \"06-01 00:00\", to = \"06-15 00:00\" }", "2026-11-21T09:30:00Z"
        => ["2027-06-01T00:00:00Z/2027-06-15T00:00:00Z", "2028-06-01T00:00:00Z/2028-06-15T00:00:00Z"];
    an_end_before_the_beginning_on_the_same_date_is_in_the_year_after:
        "UTC", "yearly = { from = \"06-01 12:00\", to = \"06-01 06:00\" }", "2026-11-21T09:30:00Z"
        => ["2026-06-01T12:00:00Z/2027-06-01T06:00:00Z", "2027-06-01T12:00:00Z/2028-06-01T06:00:00Z"];
    a_yearly_beginning_in_a_gap_comes_earlier_in_the_year_that_has_the_gap_then:
        "Europe/Berlin", "yearly = { from = \"03-29 02:30\", to = \"04-02 00:00\" }", "2025-06-01T00:00:00Z"
        => ["2026-03-29T00:30:00Z/2026-04-01T22:00:00Z", "2027-03-29T00:30:00Z/2027-04-01T22:00:00Z",
            "2028-03-29T00:30:00Z/2028-04-01T22:00:00Z"];
    a_yearly_end_in_a_gap_comes_later_in_the_year_that_has_the_gap_then:
        "Europe/Berlin", "yearly = { from = \"03-20 00:00\", to = \"03-29 02:30\" }", "2025-06-01T00:00:00Z"
        => ["2026-03-19T23:00:00Z/2026-03-29T01:30:00Z", "2027-03-19T23:00:00Z/2027-03-29T00:30:00Z"];

    // 29 February.
    a_beginning_on_the_leap_day_is_that_day_in_a_leap_year:
        "UTC", "yearly = { from = \"02-29 10:00\", to = \"03-05 00:00\" }", "2028-01-01T00:00:00Z"
        => ["2028-02-29T10:00:00Z/2028-03-05T00:00:00Z"];
    a_beginning_on_the_leap_day_comes_a_day_earlier_in_a_common_year:
        "UTC", "yearly = { from = \"02-29 10:00\", to = \"03-05 00:00\" }", "2027-01-01T00:00:00Z"
        => ["2027-02-28T10:00:00Z/2027-03-05T00:00:00Z"];
    an_end_on_the_leap_day_comes_a_day_later_in_a_common_year:
        "UTC", "yearly = { from = \"02-20 00:00\", to = \"02-29 10:00\" }", "2027-01-01T00:00:00Z"
        => ["2027-02-20T00:00:00Z/2027-03-01T10:00:00Z", "2028-02-20T00:00:00Z/2028-02-29T10:00:00Z"];
    a_freeze_of_the_leap_day_alone_is_not_lost_in_a_common_year:
        "UTC", "yearly = { from = \"02-29 00:00\", to = \"03-01 00:00\" }", "2027-01-01T00:00:00Z"
        => ["2027-02-28T00:00:00Z/2027-03-01T00:00:00Z", "2028-02-29T00:00:00Z/2028-03-01T00:00:00Z"];
    an_hour_of_the_leap_day_covers_the_time_around_it_in_a_common_year:
        "UTC", "yearly = { from = \"02-29 10:00\", to = \"02-29 11:00\" }", "2027-01-01T00:00:00Z"
        => ["2027-02-28T10:00:00Z/2027-03-01T11:00:00Z", "2028-02-29T10:00:00Z/2028-02-29T11:00:00Z"];
    a_winter_freeze_that_ends_on_the_leap_day_of_the_year_after:
        "UTC", "yearly = { from = \"12-01 00:00\", to = \"02-29 12:00\" }", "2027-03-01T12:00:00Z"
        => ["2027-12-01T00:00:00Z/2028-02-29T12:00:00Z", "2028-12-01T00:00:00Z/2029-03-01T12:00:00Z"];
    the_century_has_no_leap_day:
        "UTC", "yearly = { from = \"02-29 00:00\", to = \"03-02 00:00\" }", "2100-01-01T00:00:00Z"
        => ["2100-02-28T00:00:00Z/2100-03-02T00:00:00Z"];
    a_single_freeze_over_the_leap_day_is_as_long_as_the_calendar_says:
        "Europe/Berlin", "once = { from = 2028-02-28T12:00:00, to = 2028-03-01T12:00:00 }", "2028-01-01T00:00:00Z"
        => ["2028-02-28T11:00:00Z/2028-03-01T11:00:00Z"];

    // Far away.
    summer_time_is_known_for_years_that_no_table_lists:
        "Europe/Berlin", "once = { from = 2090-07-01T12:00:00, to = 2090-07-02T12:00:00 }", "2026-01-01T00:00:00Z"
        => ["2090-07-01T10:00:00Z/2090-07-02T10:00:00Z"];
    an_old_name_of_a_zone_is_the_zone:
        "US/Eastern", "once = { from = 2026-07-01T12:00:00, to = 2026-07-02T12:00:00 }", "2026-01-01T00:00:00Z"
        => ["2026-07-01T16:00:00Z/2026-07-02T16:00:00Z"];
    seconds_of_local_mean_time_are_kept:
        "Europe/Amsterdam", "once = { from = 1800-01-01T00:00:00, to = 1800-01-01T00:00:01 }", "1700-01-01T00:00:00Z"
        => ["1799-12-31T23:42:30Z/1799-12-31T23:42:31Z"];
}

#[test]
fn a_window_at_the_end_of_time_ends_with_it_and_nothing_panics() {
    let last = "9999-12-30T22:00:00Z";
    let yearly = times("UTC", "yearly = { from = \"12-20 18:00\", to = \"01-04 08:00\" }", "9999-12-25T00:00:00Z", 5);
    assert_eq!(yearly, [format!("9999-12-20T18:00:00Z/{last}")]);
    let weekly = times("Pacific/Apia", "weekly = { from = \"fri 16:00\", to = \"mon 06:00\" }", "9999-12-25T00:00:00Z", 50);
    assert!(weekly.len() < 5 && weekly.last().unwrap().ends_with(last), "{weekly:?}");
    let once = "once = { from = 0000-01-01T00:00:00, to = 9999-12-31T23:59:59 }";
    assert_eq!(times("Asia/Tokyo", once, "2026-11-21T00:00:00Z", 5), [format!("0000-01-01T00:00:00Z/{last}")]);
    for zone in ["Pacific/Apia", "America/Adak", "UTC"] {
        for span in
            ["weekly = { from = \"sun 00:00\", to = \"sat 23:59\" }", "yearly = { from = \"02-29 23:59\", to = \"01-01 00:00\" }"]
        {
            for edge in ["0001-01-01T00:00:00Z", last] {
                let _ = times(zone, span, edge, 3);
            }
        }
    }
}

#[test]
fn a_window_in_an_unknown_zone_is_an_error_and_not_a_window_that_never_holds() {
    for zone in ["Mars/Olympus_Mons", "", "../../etc/passwd"] {
        let window = FreezeWindow { zone: zone.to_owned(), ..window("UTC", ONCE) };
        assert!(window.occurrences(at("2026-11-21T09:30:00Z")).is_err(), "{zone}");
    }
}

/// Were every week walked from the first on, this would take hours.
#[test]
fn a_window_is_asked_about_a_far_time_as_about_a_near_one() {
    let weekly = window("Europe/Berlin", "weekly = { from = \"sat 00:00\", to = \"sat 00:02\" }");
    for year in 1000..9000 {
        assert!(weekly.occurrences(at(&format!("{year:04}-06-01T00:00:00Z"))).unwrap().next().is_some());
    }
}

fn frozen(from: &str, until: Option<&str>, pattern: &str) -> Freeze {
    Freeze {
        name: "w".to_owned(),
        source: Source::Window,
        refs: vec![pattern.parse().unwrap()],
        from: at(from),
        until: until.map(at),
        environments: Vec::new(),
        zone: None,
        reason: None,
        grant: None,
    }
}

const MAIN: &str = "refs/heads/main";

#[test]
fn windows_that_touch_are_one_to_whoever_waits() {
    let all = [
        frozen("2026-12-01T00:00:00Z", Some("2026-12-02T00:00:00Z"), MAIN),
        frozen("2026-12-02T00:00:00Z", Some("2026-12-03T00:00:00Z"), MAIN),
    ];
    assert!(all[1].holds_at(at("2026-12-02T00:00:00Z")) && !all[0].holds_at(at("2026-12-02T00:00:00Z")));
    assert_eq!(free_from(&all, MAIN, at("2026-12-01T12:00:00Z")), Some(at("2026-12-03T00:00:00Z")));
}

#[test]
fn between_windows_a_second_apart_there_is_a_second() {
    let all = [
        frozen("2026-12-01T00:00:00Z", Some("2026-12-01T23:59:59Z"), MAIN),
        frozen("2026-12-02T00:00:00Z", Some("2026-12-03T00:00:00Z"), MAIN),
    ];
    assert_eq!(free_from(&all, MAIN, at("2026-12-01T12:00:00Z")), Some(at("2026-12-01T23:59:59Z")));
}

#[test]
fn windows_that_overlap_end_with_the_later() {
    let all = [
        frozen("2026-12-02T00:00:00Z", Some("2026-12-05T00:00:00Z"), MAIN),
        frozen("2026-12-01T00:00:00Z", Some("2026-12-03T00:00:00Z"), MAIN),
        frozen("2026-12-04T00:00:00Z", Some("2026-12-04T01:00:00Z"), MAIN),
    ];
    assert_eq!(free_from(&all, MAIN, at("2026-12-01T12:00:00Z")), Some(at("2026-12-05T00:00:00Z")));
}

#[test]
fn a_window_within_another_does_not_end_it() {
    let all = [
        frozen("2026-12-01T00:00:00Z", Some("2026-12-10T00:00:00Z"), MAIN),
        frozen("2026-12-02T00:00:00Z", Some("2026-12-03T00:00:00Z"), MAIN),
    ];
    assert_eq!(free_from(&all, MAIN, at("2026-12-02T12:00:00Z")), Some(at("2026-12-10T00:00:00Z")));
}

#[test]
fn a_freeze_without_an_end_that_begins_within_a_window_leaves_no_end() {
    let all = [frozen("2026-12-01T00:00:00Z", Some("2026-12-10T00:00:00Z"), MAIN), frozen("2026-12-05T00:00:00Z", None, MAIN)];
    assert_eq!(free_from(&all, MAIN, at("2026-12-02T12:00:00Z")), None);
    assert_eq!(free_from(&all, "refs/heads/web", at("2026-12-02T12:00:00Z")), Some(at("2026-12-02T12:00:00Z")));
}

#[test]
fn what_ends_before_it_begins_never_holds() {
    let never = frozen("2026-12-02T00:00:00Z", Some("2026-12-01T00:00:00Z"), MAIN);
    assert!(!never.holds_at(at("2026-12-01T12:00:00Z")) && !never.holds_at(at("2026-12-02T00:00:00Z")));
    assert!(!never.touches(Span { from: at("2026-01-01T00:00:00Z"), to: at("2027-01-01T00:00:00Z") }));
}

#[test]
fn the_own_refs_of_relsign_are_never_frozen() {
    let all = frozen("2026-12-01T00:00:00Z", None, "**");
    for own in ["refs/notes/relsign", "refs/notes/relsign-receipts", "refs/relsign/policy", "refs/relsign/evidence"] {
        assert!(!all.covers(own), "{own}");
    }
    for other in ["refs/notes/commits", "refs/notes/relsign-other", "refs/relsignx", "refs/heads/relsign", "refs/tags/v1"] {
        assert!(all.covers(other), "{other}");
    }
}

#[test]
fn patterns_say_what_is_frozen() {
    let release = frozen("2026-12-01T00:00:00Z", None, "refs/heads/release/*");
    assert!(release.covers("refs/heads/release/2.4"));
    assert!(!release.covers("refs/heads/release/2.4/fix") && !release.covers("refs/tags/release/2.4"));
}
