import { getMetadataStorage, ValidationTypes, type ValidationArguments } from 'class-validator';

type Rule = (value: unknown, instance: object) => boolean;
type PropertyRules = {
  name: string;
  /** All must hold, or the property is not looked at. */
  conditions: ((instance: object, value: unknown) => boolean)[];
  rules: Rule[];
  nested: boolean;
};

const COMPILED = new WeakMap<object, PropertyRules[]>();

/**
 * Whether an instance of a contract class breaks none of the rules of its class: the same rules that class-validator checks, looked up
 * once for each class. class-validator looks them up for each value, which costs twenty times as much as checking them. Why an
 * instance is refused, only class-validator says.
 */
export function breaksNoRule(instance: object): boolean {
  const cls = instance.constructor;
  let properties = COMPILED.get(cls);
  if (!properties) COMPILED.set(cls, (properties = compile(cls)));
  for (const property of properties) if (!holds(property, instance)) return false;
  return true;
}

function holds({ name, conditions, rules, nested }: PropertyRules, instance: object): boolean {
  const value = (instance as Record<string, unknown>)[name];
  for (const condition of conditions) if (!condition(instance, value)) return true;
  for (const rule of rules) if (!rule(value, instance)) return false;
  return !nested || nestedHolds(value);
}

function nestedHolds(value: unknown): boolean {
  if (value === undefined) return true;
  if (Array.isArray(value)) return value.every(nestedHolds);
  return value instanceof Object && breaksNoRule(value);
}

type Metadata = ReturnType<ReturnType<typeof getMetadataStorage>['getTargetValidationMetadatas']>[number];

// The arguments with which class-validator asks for what it validates, with the options of parseInput().
function compile(cls: NonNullable<object['constructor']>): PropertyRules[] {
  const storage = getMetadataStorage();
  const grouped = storage.groupByPropertyName(storage.getTargetValidationMetadatas(cls, '', false, false));
  return Object.entries(grouped).map(([name, all]) => {
    const of = (type: string): Metadata[] => all.filter((metadata) => metadata.type === type);
    const conditions = of(ValidationTypes.CONDITIONAL_VALIDATION);
    const custom = of(ValidationTypes.CUSTOM_VALIDATION);
    const nested = of(ValidationTypes.NESTED_VALIDATION);
    if (conditions.length + custom.length + nested.length < all.length)
      throw new Error(`${cls.name}.${name} has a kind of rule that contracts do not use.`);
    return {
      name,
      conditions: conditions.map(({ constraints }) => constraints[0] as PropertyRules['conditions'][number]),
      rules: custom.flatMap(rulesOf),
      nested: nested.length > 0,
    };
  });
}

function rulesOf(metadata: Metadata): Rule[] {
  const { constraintCls, constraints, each, propertyName: property, validateIf } = metadata;
  return getMetadataStorage()
    .getTargetValidatorConstraints(constraintCls)
    .map(({ instance: validator }) => (value, instance) => {
      if (validateIf && !validateIf(instance, value)) return true;
      const asked: ValidationArguments = {
        targetName: instance.constructor.name,
        property,
        object: instance,
        value,
        constraints,
      };
      // What a rule answers later than at once is no yes.
      const passes = (one: unknown): boolean => validator.validate(one, asked) === true;
      return each && Array.isArray(value) ? value.every(passes) : passes(value);
    });
}
