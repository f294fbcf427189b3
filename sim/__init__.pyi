from sim.architectures import load_design as load_design
from sim.architectures.lint import lint as lint
from sim.config.library import load_scenario as load_scenario
from sim.lab.comparison import compare as compare
from sim.lab.explanation import explain as explain
from sim.lab.explore import explore as explore
from sim.lab.run import run as run
from sim.lab.size import cost_curve as cost_curve
from sim.lab.size import size as size
from sim.lab.sweep import sweep as sweep
from sim.lab.windows import windows as windows

__version__: str
__all__: list[str]
