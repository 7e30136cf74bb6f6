"""Reading: files of any format -> an `EncodedTable` of float64 cells.

    table_formats -> text_files, typed_files, image_folder       a TableReader, in chunks of rows
    type_inference -> column_encoder -> parsers                  cells -> numbers and vocabularies
    table_file -> feature_choice, target_columns, table_notes    a Table, and a note on every guess

A cell type (number, text, date) is how cells are parsed; a kind (numeric, categorical, boolean,
date) is what a feature is; a dtype is what a typed file declares; a format is how numbers or dates
are written. A missing marker is a text, such as NA, that stands for no value.
"""
