"""Evidence: photos of units, parcels, items and cases, as they were seen.

Owns the files, and who may keep, see and erase them. A photo is about one subject, named by its kind and its id;
what the subject is, other rooms know. Everything that tells about a camera, a place or a person is taken
out of a file before it is stored.

Start in `commands/keep_photos.py`; what a file has to be is in `pictures.py`.
"""
