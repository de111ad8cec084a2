create table parcel_note (
    parcel  bigint not null references parcel (id),
    written timestamptz not null,
    text    varchar(500) not null
);
