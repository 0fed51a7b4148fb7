/*
 * The messages of ONNX's onnx.proto (IR version 9) that our models use, as a protobufjs descriptor; field
 * numbers and types are those of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
 */
const field = (type: string, id: number) => ({ type, id });
const repeated = (type: string, id: number) => ({ rule: "repeated", type, id });

/** Presence is explicit in proto2: an integer attribute of value 0 appears in the file. */
const message = (fields: Readonly<Record<string, { rule?: string; type: string; id: number }>>) => ({
  edition: "proto2",
  fields,
});

export const onnxSchema = {
  nested: {
    onnx: {
      nested: {
        ModelProto: message({
          irVersion: field("int64", 1),
          opsetImport: repeated("OperatorSetIdProto", 8),
          producerName: field("string", 2),
          producerVersion: field("string", 3),
          graph: field("GraphProto", 7),
        }),
        OperatorSetIdProto: message({ domain: field("string", 1), version: field("int64", 2) }),
        GraphProto: message({
          node: repeated("NodeProto", 1),
          name: field("string", 2),
          initializer: repeated("TensorProto", 5),
          input: repeated("ValueInfoProto", 11),
          output: repeated("ValueInfoProto", 12),
        }),
        NodeProto: message({
          input: repeated("string", 1),
          output: repeated("string", 2),
          name: field("string", 3),
          opType: field("string", 4),
          attribute: repeated("AttributeProto", 5),
          domain: field("string", 7),
        }),
        AttributeProto: message({
          name: field("string", 1),
          f: field("float", 2),
          i: field("int64", 3),
          s: field("bytes", 4),
          floats: repeated("float", 7),
          ints: repeated("int64", 8),
          type: field("int32", 20),
        }),
        TensorProto: message({
          dims: repeated("int64", 1),
          dataType: field("int32", 2),
          name: field("string", 8),
          rawData: field("bytes", 9),
          externalData: repeated("StringStringEntryProto", 13),
          dataLocation: field("int32", 14),
        }),
        StringStringEntryProto: message({ key: field("string", 1), value: field("string", 2) }),
        ValueInfoProto: message({
          name: field("string", 1),
          type: field("TypeProto", 2),
          docString: field("string", 3),
        }),
        TypeProto: message({ tensorType: field("TensorTypeProto", 1) }),
        TensorTypeProto: message({ elemType: field("int32", 1), shape: field("TensorShapeProto", 2) }),
        TensorShapeProto: message({ dim: repeated("DimensionProto", 1) }),
        DimensionProto: message({ dimValue: field("int64", 1) }),
      },
    },
  },
};
