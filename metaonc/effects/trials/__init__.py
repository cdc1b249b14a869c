"""Effects from trial records: what was selected, with its arms, patients and judgements."""
