//! From a table to the tables within it.

use super::super::tree::Value;
use super::Table;
use crate::numerics::Formula;

/// An item of an array that may hold both.
#[derive(Clone, Debug)]
pub enum TableOrFormula<'a> {
    Table(Table<'a>),
    Formula(Formula),
}

impl<'a> Table<'a> {
    /// The table `key`, if it is present.
    pub fn table(&self, key: &str) -> Option<Table<'a>> {
        let item = self.take(key)?;
        match &item.node.value {
            Value::Table(entries) => {
                let place = self.entry(key).map(|entry| entry.key.clone());
                Some(Table::open(self.document, entries, place, self.path_to(key)))
            }
            _ => {
                item.refuse("a table", format!("write [{}] and its keys below", self.path_to(key)));
                None
            }
        }
    }

    /// The table `key`, or an empty one where it is missing: for tables whose keys all have defaults.
    pub fn section(&self, key: &str) -> Table<'a> {
        self.table(key)
            .unwrap_or_else(|| Table::absent(self.document, self.path_to(key)))
    }

    /// The table `key`, with an error if it is missing. `remedy` says what to write.
    pub fn require_table(&self, key: &str, remedy: &str) -> Option<Table<'a>> {
        if !self.has(key) {
            self.error_here(format!("missing table [{}]", self.path_to(key)), remedy);
        }
        self.table(key)
    }

    /// The items of the array `key`: tables, numbers or formulas of the variables in `allowed`. Nothing if an item is none
    /// of these; all that is wrong is recorded.
    pub fn tables_and_formulas(&self, key: &str, allowed: &[&str]) -> Option<Vec<TableOrFormula<'a>>> {
        let items = self.list(key, "an array", None, |item| match &item.node.value {
            Value::Table(entries) => {
                let place = Some(item.node.place.clone());
                let table = Table::open(self.document, entries, place, self.path_to(&item.name));
                Some(TableOrFormula::Table(table))
            }
            _ => item.formula(allowed).map(TableOrFormula::Formula),
        });
        items.or_else(|| (!self.has(key)).then(Vec::new))
    }

    /// The entries of the array of tables `key`; none if it is missing.
    pub fn tables(&self, key: &str) -> Vec<Table<'a>> {
        let Some(item) = self.take(key) else {
            return Vec::new();
        };
        let path = self.path_to(key);
        let Value::Array(items) = &item.node.value else {
            item.refuse("an array of tables", format!("write [[{path}]] for every entry"));
            return Vec::new();
        };
        let mut tables = Vec::new();
        for (index, node) in items.iter().enumerate() {
            let Value::Table(entries) = &node.value else {
                self.error_at_item(
                    key,
                    index,
                    format!("`{key}[{index}]` must be a table, not {}", node.value.description()),
                    format!("write [[{path}]] for every entry"),
                );
                continue;
            };
            let name = match entries.get("name").map(|entry| &entry.node.value) {
                Some(Value::String(name)) => name.clone(),
                _ => index.to_string(),
            };
            tables.push(Table::open(
                self.document,
                entries,
                Some(node.place.clone()),
                format!("{path}.{name}"),
            ));
        }
        tables
    }
}
