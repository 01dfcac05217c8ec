"""The application: everything with a row, a sign-in or a page."""
