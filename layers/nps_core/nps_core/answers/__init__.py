"""What an answer is, how versions merge, whose it is, where it is stored; not what is counted."""
