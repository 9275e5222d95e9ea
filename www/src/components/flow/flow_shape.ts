import { sumOf, type Flow, type FlowNode } from './flow_model';

/** One band in a picture 100 units wide; its widths and y are pixels. */
export interface Band {
  readonly key: string;
  readonly role: FlowNode['role'];
  readonly side: 'left' | 'right';
  /** The band itself. */
  readonly area: string;
  /** Its middle, drawn from source to use. */
  readonly line: string;
}

export interface FlowShape {
  readonly height: number;
  readonly bands: readonly Band[];
  /** The place in the middle where all power comes together. */
  readonly hub: { readonly top: number; readonly height: number };
}

export const kRowHeight = 80;
const kHubX = 50;
const kThinnest = 3;
const kWidestShare = 0.62;

export function flowShape(flow: Flow): FlowShape {
  const rows = Math.max(flow.sources.length, flow.uses.length, 2);
  const height = rows * kRowHeight;
  const total = Math.max(sumOf(flow.sources), sumOf(flow.uses));
  const widest = Math.min(kRowHeight * 1.1, height * kWidestShare);
  const scale = total > 0 ? widest / total : 0;
  const left = side('left', flow.sources, height, scale);
  const right = side('right', flow.uses, height, scale);
  const hubHeight = Math.max(left.width, right.width, 0);
  return {
    height,
    bands: [...left.bands, ...right.bands],
    hub: { top: (height - hubHeight) / 2, height: hubHeight },
  };
}

function side(
  name: 'left' | 'right',
  nodes: readonly FlowNode[],
  height: number,
  scale: number,
): { bands: Band[]; width: number } {
  const widths = nodes.map((node) => (node.band > 0 ? Math.max(kThinnest, node.band * scale) : 0));
  const width = widths.reduce((sum, w) => sum + w, 0);
  let atHub = (height - width) / 2;
  const bands: Band[] = [];
  nodes.forEach((node, index) => {
    const w = widths[index] ?? 0;
    if (w === 0) return;
    const centre = (height * (index + 0.5)) / nodes.length;
    const x = name === 'left' ? 0 : 100;
    bands.push({
      key: node.key,
      role: node.role,
      side: name,
      area: areaOf(x, centre - w / 2, atHub, w),
      line: lineOf(name, x, centre, atHub + w / 2),
    });
    atHub += w;
  });
  return { bands, width };
}

function areaOf(x: number, nodeTop: number, hubTop: number, w: number): string {
  const middle = (x + kHubX) / 2;
  return (
    `M${x},${px(nodeTop)}C${middle},${px(nodeTop)} ${middle},${px(hubTop)} ${kHubX},${px(hubTop)}` +
    `V${px(hubTop + w)}C${middle},${px(hubTop + w)} ${middle},${px(nodeTop + w)} ${x},${px(nodeTop + w)}Z`
  );
}

function lineOf(name: 'left' | 'right', x: number, nodeY: number, hubY: number): string {
  const middle = (x + kHubX) / 2;
  return name === 'left'
    ? `M${x},${px(nodeY)}C${middle},${px(nodeY)} ${middle},${px(hubY)} ${kHubX},${px(hubY)}`
    : `M${kHubX},${px(hubY)}C${middle},${px(hubY)} ${middle},${px(nodeY)} ${x},${px(nodeY)}`;
}

function px(value: number): number {
  return Math.round(value * 10) / 10;
}
