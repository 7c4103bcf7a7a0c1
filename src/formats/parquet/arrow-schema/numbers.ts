/** Numbers of fields in Arrow's Message.fbs and Schema.fbs (format/ of github.com/apache/arrow). */
export const MESSAGE = { version: 0, headerType: 1, header: 2 } as const;
export const SCHEMA = { fields: 1 } as const;
export const FIELD = { name: 0, nullable: 1, typeId: 2, type: 3, children: 5 } as const;

/** Version 5 of the metadata, of Arrow 1.0. */
export const VERSION = 4;
/** The member `Schema` of the union `MessageHeader`. */
export const SCHEMA_HEADER = 1;
/** In front of the length of a message since Arrow 0.15. */
export const CONTINUATION = 0xffffffff;

/** Members of the union `Type`. */
export const TYPE = {
  int: 2,
  float: 3,
  binary: 4,
  utf8: 5,
  bool: 6,
  decimal: 7,
  date: 8,
  time: 9,
  timestamp: 10,
  list: 12,
  struct: 13,
  fixedSizeList: 16,
  duration: 18,
  largeList: 21,
} as const;
