//! Reads columns of rows, and says which one cannot be read.

use serde::de::DeserializeOwned;
use shared::time::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Row as _, Sqlite, Type};

use crate::store::error::StoreError;

/// A row with what an error message needs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cells<'a> {
    row: &'a SqliteRow,
    table: &'static str,
    label: &'a str,
}

impl<'a> Cells<'a> {
    /// A row of `table`, called `label` in messages.
    pub(super) fn new(row: &'a SqliteRow, table: &'static str, label: &'a str) -> Self {
        Self { row, table, label }
    }

    /// The error of a column.
    pub(super) fn bad(&self, column: &'static str, why: impl Into<String>) -> StoreError {
        StoreError::BadValue {
            table: self.table,
            column,
            row: self.label.to_owned(),
            why: why.into(),
        }
    }

    /// A value of the driver's own types.
    pub(super) fn get<T>(&self, column: &'static str) -> Result<T, StoreError>
    where
        T: Decode<'a, Sqlite> + Type<Sqlite>,
    {
        self.row
            .try_get(column)
            .map_err(|error| self.bad(column, error.to_string()))
    }

    /// A number that is never negative.
    pub(super) fn count(&self, column: &'static str) -> Result<u64, StoreError> {
        self.count_or_null(column)?
            .ok_or_else(|| self.bad(column, "null"))
    }

    /// A number that is never negative, or null.
    pub(super) fn count_or_null(&self, column: &'static str) -> Result<Option<u64>, StoreError> {
        self.get::<Option<i64>>(column)?
            .map(|number| {
                u64::try_from(number)
                    .map_err(|_| self.bad(column, format!("'{number}' is negative")))
            })
            .transpose()
    }

    /// A moment.
    pub(super) fn time(&self, column: &'static str) -> Result<Timestamp, StoreError> {
        self.time_or_null(column)?
            .ok_or_else(|| self.bad(column, "null"))
    }

    /// A moment or null.
    pub(super) fn time_or_null(
        &self,
        column: &'static str,
    ) -> Result<Option<Timestamp>, StoreError> {
        self.named(column, "an RFC 3339 time", Timestamp::parse)
    }

    /// Text that stands for something, or null.
    pub(super) fn named<T>(
        &self,
        column: &'static str,
        kind: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, StoreError> {
        let Some(text) = self.get::<Option<&str>>(column)? else {
            return Ok(None);
        };
        match read(text) {
            Some(value) => Ok(Some(value)),
            None => Err(self.bad(column, format!("'{}' is not {kind}", text.escape_debug()))),
        }
    }

    /// A JSON value, or null.
    pub(super) fn json_or_null<T: DeserializeOwned>(
        &self,
        column: &'static str,
    ) -> Result<Option<T>, StoreError> {
        let Some(text) = self.get::<Option<&str>>(column)? else {
            return Ok(None);
        };
        serde_json::from_str(text)
            .map(Some)
            .map_err(|error| self.bad(column, error.to_string()))
    }

    /// A JSON value.
    pub(super) fn json<T: DeserializeOwned>(&self, column: &'static str) -> Result<T, StoreError> {
        self.json_or_null(column)?
            .ok_or_else(|| self.bad(column, "null"))
    }
}

/// JSON text of one of our own types, to be stored in `table.column`.
pub(super) fn to_json<T: serde::Serialize>(
    value: &T,
    table: &'static str,
    column: &'static str,
) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::BadValue {
        table,
        column,
        row: "a new row".to_owned(),
        why: error.to_string(),
    })
}

/// An unsigned number as the database keeps it; what does not fit is as large as can be.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
