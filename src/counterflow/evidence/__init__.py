"""Evidence: photos of units, parcels, items and cases as they were seen, and documents of cases as they were sent.

Owns the files, and who may keep, see and erase them. Each is about one subject, named by its kind and its id;
what the subject is, other rooms know. Everything that tells about a camera, a place or a person is taken out of a
photo before it is stored; a document is never shown, only given back.

Start in `commands/keep_photos.py`; what a file has to be is in `pictures.py` and `documents.py`.
"""
