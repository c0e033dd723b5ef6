"""What a student can do, one package a feature; each knows only the features below it."""
