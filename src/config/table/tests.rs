//! Reading with the cursor.
