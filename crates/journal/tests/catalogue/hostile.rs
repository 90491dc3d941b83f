//! Whatever the bytes are, the import answers.

use proptest::prelude::*;
use stallcast_journal::catalogue::{ImportError, ImportOptions, import};

use super::assert_taken;

proptest! {
    #[test]
    fn no_bytes_make_the_import_fall_over(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = import(&bytes, &ImportOptions::default());
    }

    #[test]
    fn no_cells_make_the_import_fall_over_and_what_it_takes_is_good(
        cells in proptest::collection::vec("[\\PC\n\"]{0,12}|[0-9.,¥-]{0,8}|https?://[a-z./]{0,9}", 0..60)
    ) {
        let header = "链接号,标题,直播价,日常价,库存,条码,链接,图片,倒计时,币种";
        let rows: Vec<String> = cells.chunks(10).map(|row| row.join(",")).collect();
        match import(format!("{header}\n{}", rows.join("\n")).as_bytes(), &ImportOptions::default()) {
            Ok(report) => assert_taken(&report.products),
            Err(error) => assert_eq!(error, ImportError::NoRows),
        }
    }

    #[test]
    fn a_damaged_workbook_never_makes_the_import_fall_over(
        at in 0usize..6_000, byte in any::<u8>(), cut in 0usize..6_000
    ) {
        let mut bytes = include_bytes!("../data/orchard.xlsx").to_vec();
        if let Some(place) = bytes.get_mut(at) {
            *place = byte;
        }
        let _ = import(&bytes, &ImportOptions::default());
        bytes.truncate(cut);
        let _ = import(&bytes, &ImportOptions::default());
    }
}
