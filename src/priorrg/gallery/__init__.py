"""A page to look at: scores, and reports beside their images."""
