"""Selection of what is published: selection models, Copas, p-uniform*."""
