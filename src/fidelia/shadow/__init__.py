"""Shadow mode: Fidelia decides what the present vendor grants, beside it and granting nothing, until the cut-over.

A *shadow* is the time in which a programme is tried so. What the till sends is judged and kept (`judge_purchase`), what
the vendor granted is told beside (`tell_grants`), each difference gets its cause (`compare_shadow`), and `cut_over`
ends it.
"""
