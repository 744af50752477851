"""How people say things: domain, rules, examples, gazetteers and the classifier. Pure, no I/O."""
