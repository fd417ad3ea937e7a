//! Folders and files: measurements, takes, plans and every curve format.
