"""Attribution methods: one file each, which says everything about it."""
