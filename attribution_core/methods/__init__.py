"""Methods of attribution: a file each, with all that is to be known of it."""
