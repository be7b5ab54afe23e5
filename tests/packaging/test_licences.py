"""The list of licences names every package that is bundled."""

from __future__ import annotations

from tools.build_licences import bundled, files, licence, text


def test_each_package_is_named_with_its_licence() -> None:
    packages = {each.metadata["Name"].lower() for each in bundled()}
    assert {
        "torch",
        "numpy",
        "scipy",
        "scikit-learn",
        "textual",
        "pillow",
        "typer",
        "rich",
        "facenet-pytorch",
    } <= packages
    assert "pytest" not in packages
    assert "tui-tagger" not in packages
    assert all(licence(each) for each in bundled())


def test_texts_are_there_in_full() -> None:
    whole = text()
    (torch,) = (each for each in bundled() if each.metadata["Name"] == "torch")
    assert list(files(torch))
    assert all(content.strip() in whole for _, content in files(torch))
