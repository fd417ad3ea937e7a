//! View models and documents: JSON, text and HTML.
