"""The first page of each frame and what belongs to no single room: today, my account, who looked.

Reads the services of the rooms below it and owns no table.
"""
