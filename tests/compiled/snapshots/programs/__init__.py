"""Programs of which the derivatives are kept as text."""
