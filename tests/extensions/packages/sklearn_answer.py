"""Answers of scikit-learn: a forest, clusters, a regression and a pipeline."""

from sklearn.cluster import KMeans
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def answer(seed):
    x, y = make_classification(120, 6, random_state=seed)
    forest = RandomForestClassifier(8, random_state=seed).fit(x, y)
    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(x, y)
    return (
        forest.predict(x).tolist(),
        forest.feature_importances_.round(6).tolist(),
        round(KMeans(3, n_init=2, random_state=seed).fit(x).inertia_, 4),
        pipeline.predict_proba(x)[:3].round(4).tolist(),
    )
