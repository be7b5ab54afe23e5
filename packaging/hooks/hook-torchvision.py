"""torchvision: facenet_pytorch imports it, nothing calls it."""

module_collection_mode = "pyz+py"  # torch.jit reads the sources of what is decorated for it
hiddenimports: list[str] = []
