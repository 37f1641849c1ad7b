"""The Prometheus text format, version 0.0.4."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Sample:
    """One line: a value under its labels."""

    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Metric:
    """`name` ends in its unit, a counter's in `_total`; `kind` is `counter` or `gauge`."""

    name: str
    kind: str
    help: str
    samples: tuple[Sample, ...]

    @classmethod
    def gauge(cls, name: str, help_: str, value: float) -> "Metric":
        return cls(name, "gauge", help_, (Sample(value),))

    @classmethod
    def counter(cls, name: str, help_: str, value: float) -> "Metric":
        return cls(name, "counter", help_, (Sample(value),))


def render(metrics: Iterable[Metric]) -> str:
    return "".join(line + "\n" for metric in metrics for line in _lines(metric))


def _lines(metric: Metric) -> Iterable[str]:
    yield f"# HELP {metric.name} {_escape(metric.help)}"
    yield f"# TYPE {metric.name} {metric.kind}"
    for sample in metric.samples:
        labels = ",".join(f'{name}="{_quote(text)}"' for name, text in sample.labels.items())
        name = f"{metric.name}{{{labels}}}" if labels else metric.name
        yield f"{name} {sample.value!r}"


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _quote(text: str) -> str:
    return _escape(text).replace('"', '\\"')
