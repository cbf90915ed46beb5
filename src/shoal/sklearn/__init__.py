"""Populations as scikit-learn estimators; needs the extra ``sklearn``."""
