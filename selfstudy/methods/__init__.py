"""Pretext methods: how a backbone is pretrained without labels, one module each.

A module here named `method` defines one subclass of `selfstudy.methods.base.Method`, and
`find_method("method")` finds it. Nothing else has to know of it.
"""
