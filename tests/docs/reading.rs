//! docs/reading.md: the words and forms are those of the tables, and each example is read as it says.

use relsign::parse::checklist::{FORMS, parse, reading_page};

use super::{project, read};

#[test]
fn the_page_says_what_the_tables_of_reading_say() {
    let wanted = reading_page();
    if std::env::var_os("RELSIGN_UPDATE").is_some() {
        std::fs::write(project().join("docs/reading.md"), &wanted).unwrap();
        return;
    }
    let page = read("docs/reading.md");
    let differs = page.lines().zip(wanted.lines()).find(|(page, wanted)| page != wanted);
    assert!(page == wanted, "RELSIGN_UPDATE=1 cargo test --test docs writes the page anew: {differs:?}");
}

#[test]
fn each_form_makes_the_items_that_the_page_says() {
    for form in FORMS {
        let checklist = parse(form.example.as_bytes()).unwrap_or_else(|problems| panic!("{}: {problems:#?}", form.name));
        let titles: Vec<&str> = checklist.items.iter().map(|item| item.title.as_str()).collect();
        assert_eq!(titles, form.items, "{}", form.name);
        assert!(checklist.unread.is_empty(), "{}: {:?}", form.name, checklist.unread);
    }
}
