/** Our own line icons on a 24 × 24 grid, drawn with a round pen of width 2. */
export const kIcons = {
  pv: 'M12 8a4 4 0 1 0 0 8a4 4 0 1 0 0-8M12 2v2M12 20v2M2 12h2M20 12h2M4.9 4.9l1.4 1.4M17.7 17.7l1.4 1.4M4.9 19.1l1.4-1.4M17.7 6.3l1.4-1.4',
  grid: 'M9 3h6M8 8h8M5 8h14M9 3l-3.5 18M15 3l3.5 18M8 8l9 7M16 8l-9 7M17 15l-10.5 6M7 15l10.5 6',
  battery:
    'M4 7h13a2 2 0 0 1 2 2v6a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2V9a2 2 0 0 1 2-2zM22 10.5v3M6 10.5v3M10 10.5v3',
  house: 'M3.5 11.5L12 4l8.5 7.5M6 9.5V20h12V9.5M10 20v-5h4v5',
  car: 'M4 16v-3.5l2-5.5a2 2 0 0 1 1.9-1.400h8.2A2 2 0 0 1 18 7l2 5.5V16M4 12.5h16M4 16h16v2.5h-3V16M7 16v2.5H4V16M7.5 14.2h.01M16.5 14.2h.01',
  menu: 'M4 7h16M4 12h16M4 17h16',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  alert:
    'M12 8v5M12 16.5v.01M10.300 3.9L2.5 17.5A2 2 0 0 0 4.2 20.5h15.600a2 2 0 0 0 1.700-3L13.700 3.9a2 2 0 0 0-3.400 0z',
  lock: 'M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3',
  unlock: 'M6 11h12v9H6zM8.5 11V7a3.5 3.5 0 0 1 6.800-1.2',
  wait: 'M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18M12 7.5V12l3 2',
  minus: 'M6 12h12',
  plus: 'M6 12h12M12 6v12',
} as const;

export type IconName = keyof typeof kIcons;
