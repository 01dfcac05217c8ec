"""Outside things of consents: the folder of sealed files, the seal, the reading of any file."""
