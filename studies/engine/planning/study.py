"""Define a study as a value: what is asked of which signals, at two scales."""

from dataclasses import dataclass

from inr_models import InputError
from studies.engine.planning.question import Question
from studies.engine.planning.scale import Scale, check_name
from studies.engine.signals.reading import reader, signal_type


@dataclass(frozen=True, kw_only=True)
class Study:
    """A question to signals, at two recorded scales.

    Args:
        name: The name of its file, in commands, paths and MLflow.
        title: What it asks, in words.
        signals: Its own signals: paths beside the studies, or names of generated signals.
        small: The scale for minutes on two cores.
        paper: The paper's scale.
        question: The kind of study, with its settings: a class of `studies.questions`.
        media: The type of its signals.

    Raises:
        InputError: The name is unusable, there is no such type of signals, or a scale does not suit
            them or the question.
    """

    name: str
    title: str
    signals: tuple[str, ...]
    small: Scale
    paper: Scale
    question: Question
    media: str = "sound"

    def __post_init__(self) -> None:
        check_name("name", self.name)
        for scale in self.scales.values():
            reader(self.media, **scale.reading)
            if signal_type(self.media).by_distance != bool(scale.signed_distance):
                why = "a study of shapes needs it, and no other can use it."
                raise InputError.at("conflict", "signed_distance", why)
            self.question.check(scale)

    @property
    def scales(self) -> dict[str, Scale]:
        """The two scales by name."""
        return {"small": self.small, "paper": self.paper}
