"""A compiled function as a module of PyTorch, for its optimisers, its compiler and its distributed training."""

from typing import Any

from autograd.compiling.exports.arrays import ArrayFunction


class TorchFunction(ArrayFunction):
    """A compiled function for PyTorch. See ArrayFunction; to_torch() returns it."""

    def module(self, reduction: str = "mean") -> Any:
        """A torch.nn.Module whose one parameter, `values`, has the numbers of the model's parameters.

        reduction: "mean", "sum" or "none" over the rows. You call it with rows of each argument, like f.map.
            `module.write_back()` sets the Values of the model to the trained numbers. Under torchrun each process must
            make the module, because that includes f.agree().
        """
        import torch  # it is there: to_torch has it

        function = self
        function.agree()

        class ScalarProgram(torch.nn.Module):  # type: ignore[misc, unused-ignore]
            def __init__(self) -> None:
                super().__init__()
                self.values = torch.nn.Parameter(function.parameters)

            def forward(self, *columns: Any) -> Any:
                return function.map(self.values, *columns, reduction=reduction)

            def write_back(self) -> None:
                function.write_back(self.values.detach().cpu())

            def extra_repr(self) -> str:
                return f"{function.__name__}, {len(function.captured)} parameters, {reduction} over rows"

        return ScalarProgram()
