"""The feature explorer: what each layer and each channel sees in a picture."""
