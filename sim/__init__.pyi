from sim.architectures import load_design as load_design
from sim.architectures import parse_design as parse_design
from sim.architectures.lint import lint as lint
from sim.config.library import load_scenario as load_scenario
from sim.config.library import parse_scenario as parse_scenario
from sim.lab.explore import explore as explore
from sim.lab.verbs import cells as cells
from sim.lab.verbs import check as check
from sim.lab.verbs import compare as compare
from sim.lab.verbs import cost_curve as cost_curve
from sim.lab.verbs import every as every
from sim.lab.verbs import explain as explain
from sim.lab.verbs import hunt as hunt
from sim.lab.verbs import optimise as optimise
from sim.lab.verbs import run as run
from sim.lab.verbs import schema as schema
from sim.lab.verbs import sensitivity as sensitivity
from sim.lab.verbs import size as size
from sim.lab.verbs import sweep as sweep
from sim.lab.verbs import validity as validity
from sim.lab.verbs import what_if as what_if
from sim.lab.verbs import windows as windows
from sim.real.twin.twins import twin as twin

__version__: str
