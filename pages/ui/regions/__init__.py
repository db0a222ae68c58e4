"""What speaks where: at each place the class that it speaks for most."""
