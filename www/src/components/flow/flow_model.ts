import type { HomeModel } from '@/types/model';

export type FlowRole = 'pv' | 'grid' | 'battery' | 'house' | 'car';

export interface FlowNode {
  /** Stable while the node stays on its side. */
  readonly key: string;
  readonly role: FlowRole;
  /** Name given by the owner; else the role's name. */
  readonly name: string | null;
  /** Number of a charge point. */
  readonly point: number | null;
  /** Shown; null is unknown. */
  readonly power: number | null;
  /** Width of the band in W, 0 for none. */
  readonly band: number;
  readonly soc: number | null;
}

export interface Flow {
  readonly sources: readonly FlowNode[];
  readonly uses: readonly FlowNode[];
}

const kBandStarts = 50;
const kBandStays = 30;
const kMaxPoints = 3;
/** The measured house may differ by this much from the balance: meters are not read at the same moment. */
const kSkew = 100;

/**
 * Sources and uses of a home whose bands have the same sum on both sides; what is left over goes to the
 * house. `before` is the flow drawn last: a band that is there stays down to 30 W.
 */
export function flowOf(model: HomeModel, before: Flow | null): Flow {
  const drawn = new Set(
    [...(before?.sources ?? []), ...(before?.uses ?? [])]
      .filter((n) => n.band > 0)
      .map((n) => n.key),
  );
  const node = (
    key: string,
    role: FlowRole,
    watts: number | null,
    more: Partial<Pick<FlowNode, 'name' | 'point' | 'soc'>> = {},
  ): FlowNode => {
    const flowing = Math.max(0, watts ?? 0);
    const wide = flowing >= (drawn.has(key) ? kBandStays : kBandStarts);
    return {
      key,
      role,
      name: null,
      point: null,
      soc: null,
      ...more,
      power: watts === null ? null : Math.abs(watts),
      band: wide ? flowing : 0,
    };
  };

  const sources: FlowNode[] = [];
  const uses: FlowNode[] = [];
  if (model.pv) sources.push(node('pv', 'pv', model.pv.power));

  const grid = model.grid.power;
  const exporting = (grid ?? 0) <= -(drawn.has('grid-out') ? kBandStays : kBandStarts);
  if (!exporting) sources.push(node('grid-in', 'grid', grid));

  if (model.battery) {
    const { power, soc } = model.battery;
    const discharging = (power ?? 0) <= -(drawn.has('battery-out') ? kBandStays : kBandStarts);
    if (discharging && power !== null)
      sources.push(node('battery-out', 'battery', -power, { soc }));
    else uses.push(node('battery-in', 'battery', power, { soc }));
  }
  uses.unshift(
    ...pointsOf(model).map(({ id, power, name, soc }) =>
      node(`point-${id ?? 'all'}`, 'car', power, { name, point: id, soc }),
    ),
  );
  if (exporting && grid !== null) uses.push(node('grid-out', 'grid', -grid));

  return balanced(model, sources, uses);
}

interface Point {
  readonly id: number | null;
  readonly power: number | null;
  readonly name: string | null;
  readonly soc: number | null;
}

/** Each charge point, or all in one where the picture would get too long. */
function pointsOf(model: HomeModel): Point[] {
  if (model.chargePoints.length > kMaxPoints) {
    return [{ id: null, power: model.charging.power, name: null, soc: null }];
  }
  return model.chargePoints.map(({ id, power, name, vehicle }) => ({
    id,
    power,
    name,
    soc: vehicle?.soc ?? null,
  }));
}

/** Gives the house what the others leave; if they take more than there is, all bands shrink alike. */
function balanced(model: HomeModel, sources: FlowNode[], uses: FlowNode[]): Flow {
  const supply = sumOf(sources);
  const demand = sumOf(uses);
  const left = Math.max(0, supply - demand);
  const measured = model.house.power;
  const complete = [...sources, ...uses].every((node) => node.power !== null);
  const close = measured !== null && Math.abs(measured - left) <= kSkew;
  const house: FlowNode = {
    key: 'house',
    role: 'house',
    name: null,
    point: null,
    soc: null,
    power: complete && !close ? left : measured,
    band: left,
  };
  const factor = demand > supply && demand > 0 ? supply / demand : 1;
  const others = uses.map((node) => ({ ...node, band: node.band * factor }));
  return { sources, uses: [house, ...others] };
}

export function sumOf(nodes: readonly FlowNode[]): number {
  return nodes.reduce((sum, node) => sum + node.band, 0);
}

export interface Shares {
  /** Part of the solar energy used at home, 0..1; null if not known. */
  readonly selfUse: number | null;
  /** Part of the use not taken from the grid, 0..1; null if not known. */
  readonly selfSufficiency: number | null;
}

const kLeastKwh = 0.1;

/** Today's shares from the day sums. */
export function sharesOf(model: HomeModel): Shares {
  const { importedToday: imported, exportedToday: exported } = model.grid;
  const produced = model.pv ? model.pv.producedToday : 0;
  const out = model.battery ? model.battery.dischargedToday : 0;
  const into = model.battery ? model.battery.chargedToday : 0;
  const ratio = (part: number, whole: number): number | null =>
    whole < kLeastKwh ? null : Math.min(1, Math.max(0, 1 - part / whole));

  const selfUse = exported === null || produced === null ? null : ratio(exported, produced);
  if (
    imported === null ||
    exported === null ||
    produced === null ||
    out === null ||
    into === null
  ) {
    return { selfUse, selfSufficiency: null };
  }
  return { selfUse, selfSufficiency: ratio(imported, imported + produced + out - exported - into) };
}
