"""What a story has to show: its pass marks, printed with the figures that they rest on."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class PassMarks:
    """The marks of one story, printed as they are measured."""

    story: str
    marks: list[bool] = field(default_factory=list)

    def __post_init__(self) -> None:
        print(self.story)

    def tell(self, text: str) -> None:
        """Print a figure that no mark depends on."""
        print(f"       {text}", flush=True)

    def check(self, is_met: bool, text: str) -> None:
        """Print a mark and keep whether it is met."""
        self.marks.append(bool(is_met))
        print(f"{'  met  ' if is_met else 'MISSED '}{text}", flush=True)

    def exit_code(self) -> int:
        """Print how many marks are met; 0 if all are, as a command returns it."""
        print(f"{sum(self.marks)} of {len(self.marks)} pass marks are met", flush=True)
        return 0 if all(self.marks) else 1
