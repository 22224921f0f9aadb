"""Act on what was learnt: an offer for a segment, half of it left alone, and the difference measured.

Nouns: a *campaign* makes an *offer* (an earning rule) to a segment; chance draws its people into two *arms*, treated
and control, once; its *result* compares what the arms did. The loop closes by data: the arm is written onto the
customer as a dated trait, a segment holds the treated, and the rule is published into the programme for that segment.
"""
