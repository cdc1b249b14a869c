"""Results without some of their studies: leave-one-out, cumulative, influence."""
