"""How firm a conclusion is: fragility, leave-m-out, information, sequential analysis, power."""
