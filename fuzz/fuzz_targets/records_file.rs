#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| relsign_fuzz::records_file(input));
