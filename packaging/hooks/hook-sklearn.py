"""scikit-learn: without its example data and the HTML that notebooks show of estimators."""

datas: list[tuple[str, str]] = []
