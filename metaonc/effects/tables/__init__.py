"""Raw tables, one study per row: which columns lead to which measure."""
