"""How many pictures are read right, and which model reads them?"""
