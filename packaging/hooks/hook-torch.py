"""torch: the modules that its import reaches and the libraries of its CPU build.

The hook that usually comes with PyInstaller takes every module as source and compiled, every header and test program.
"""

from pathlib import Path

from PyInstaller.utils.hooks import collect_dynamic_libs, collect_submodules, get_package_paths

UNUSED = ("torchbind_test", "aoti_custom_ops", "backend_with_compiler", "jitbackend_test")

# Decorators of torch read the sources of what they decorate. Not where the largest parts are that nothing here uses;
# a module of settings reads its own.
module_collection_mode = {
    "torch": "pyz+py",
    "torch._inductor": "pyz",
    "torch._inductor.config": "pyz+py",
    "torch.testing": "pyz",
}
warn_on_missing_hiddenimports = False
hiddenimports = collect_submodules("torch._dynamo.polyfills")
datas: list[tuple[str, str]] = []
binaries = [
    (source, target)
    for source, target in collect_dynamic_libs("torch", search_patterns=["*.dll", "*.so", "*.so.*"])
    if Path(target).name == "lib" and not any(name in Path(source).name for name in UNUSED)
]
manager = Path(get_package_paths("torch")[1], "bin", "torch_shm_manager")
if manager.exists():  # on Linux, whose torch refuses to start without it
    binaries.append((str(manager), "torch/bin"))
bindepend_symlink_suppression = ["**/torch/lib/*.so*"]
