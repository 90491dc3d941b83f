//! Product lists from spreadsheets.
