"""Write side of exports.

`write` and `formats` bring highdicom and nibabel with them, so they are imported only by the job
that writes; the web process stays light.
"""
