import { power } from '@/i18n/format';
import { t, type Key } from '@/i18n/i18n';
import type { Flow, FlowNode } from './flow_model';

const kNames: Readonly<Record<string, Key>> = {
  pv: 'role.pv',
  'grid-in': 'role.grid',
  'grid-out': 'role.gridExport',
  'battery-in': 'role.battery',
  'battery-out': 'role.battery',
  house: 'role.house',
  'point-all': 'role.charging',
};

/** Import and export have the same colour: their names tell them apart. */
export function nodeName(node: FlowNode): string {
  if (node.name !== null) return node.name;
  if (node.point !== null) return t('role.chargePoint', { id: node.point });
  if (node.key === 'grid-in' && node.band > 0) return t('role.gridImport');
  return t(kNames[node.key] ?? 'role.charging');
}

/** The picture in one sentence, for those who do not see it. */
export function flowSummary(flow: Flow): string {
  const list = (nodes: readonly FlowNode[]): string => {
    const parts = nodes
      .filter((node) => node.band > 0)
      .map((node) => t('flow.part', { name: nodeName(node), power: power(node.power) }));
    return parts.length > 0 ? parts.join(', ') : t('flow.none');
  };
  return t('flow.summary', { sources: list(flow.sources), uses: list(flow.uses) });
}
